local ll = require "liveload"
local scenario = require "small_page"

scenario.context = { fresh_context = true }
return ll.scenario(scenario)
