local ll = require "liveload"

return ll.scenario(require "small_page")
