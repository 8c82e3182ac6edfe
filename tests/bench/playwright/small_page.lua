-- The same iteration as in playwright.js: open, add a row, send a name, read the answer.
return {
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
