-- The same iteration as in playwright.js: a customer of the demo shop who logs in, searches, fills the cart and checks
-- out.
return {
  name = "shop's pages",

  config = function(options)
    return { url = options.url }
  end,

  run = function(ctx, user_id, config)
    ctx:navigate(config.url .. "login")
       :fill("#email", "user" .. user_id .. "@example.com")
       :fill("#password", "secret")
       :click("#login-form button")
       :wait_for_selector("#products .product")
       :fill("#q", "mug")
       :press("#q", "Enter")
       :wait_for_url("**/search?q=*")
       :wait_for_selector("#found")
       :click("text=Add to cart")
       :wait_for_selector(".notice.added")
       :navigate(config.url .. "checkout")
       :fill("#name", "User " .. user_id)
       :select_option("#shipping", "bike")
       :check("#terms")
       :click("#pay")
       :wait_for_selector("#receipt")
  end,
}
