local ll = require "liveload"
local scenario = require "shop_pages"

scenario.context = { fresh_context = true }
return ll.scenario(scenario)
