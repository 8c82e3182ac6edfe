-- The same scenario as playwright.js, for liveload.
local ll = require "liveload"

return ll.scenario {
  name = "small page",

  config = function(options)
    return { url = options.url }
  end,

  run = function(ctx, user_id, config)
    ctx:navigate(config.url)
       :click("#add")
       :wait_for_selector(".row")
       :fill("#name", "user " .. user_id)
       :click("#send")
       :wait_for_selector("#answer")
    local answer = ctx:inner_text("#answer")
    if answer ~= "Hello, user " .. user_id then
      ctx:fail("the page answered \"" .. answer .. "\"")
    end
  end,
}
