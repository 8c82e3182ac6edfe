local ll = require "liveload"

return ll.scenario(require "shop_pages")
