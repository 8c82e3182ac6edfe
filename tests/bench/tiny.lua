-- The least a scenario can do: what is measured with it is LiveLoad itself.
local ll = require "liveload"

return ll.scenario {
  name = "tiny",
  run = function(ctx)
    ctx:navigate("http://127.0.0.1:8089/")
    ctx:step("look", function() ctx:click("#a") end)
    ctx:think("100ms")
  end,
}
