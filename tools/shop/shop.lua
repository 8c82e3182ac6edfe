-- The demo: people who look around in the shop, put something in the cart, and mostly buy it.
--
--   liveload run tools/shop/shop.lua --users 20 --duration 1m --set base_url=http://127.0.0.1:8089

local ll = require "liveload"

local wishes = { "mug", "lantern", "compass", "blanket" }

return ll.scenario {
  name = "shop",

  config = function(options)
    return { base_url = options.base_url or "http://127.0.0.1:8089" }
  end,

  load = { users = 5, duration = "30s" },

  thresholds = {
    iteration_duration_us = "p95 < 20s",
    ["step_duration_us{check out}"] = { "p95 < 5s", "max < 30s" },
    iterations_failed = "rate < 1%",
    checks_failed = "rate < 1%",
  },

  run = function(ctx, user_id, config)
    ctx:step("browse", function()
      ctx:navigate(config.base_url .. "/")
      ctx:click("#enter")
      ctx:wait_for_selector("#found") -- below the products: a page is shown while it still comes
      ctx:expect("the catalogue is full", ctx:count("#products .product") == 12)
    end)
    ctx:think("200ms", "600ms")

    ctx:step("search", function()
      local wish = wishes[(user_id + ctx.iteration) % #wishes + 1]
      ctx:fill("#q", wish):press("#q", "Enter")
      ctx:wait_for_url("**/search?q=*"):wait_for_selector("#found")
      ctx:expect("search finds it", ctx:inner_text("#found") == "1 found")
    end)

    ctx:step("add to cart", function()
      ctx:hover("#products .product"):click("text=Add to cart")
      ctx:wait_for_selector(".notice.added")
    end)
    ctx:think("200ms", "600ms")

    if ctx:is_visible("#login") then -- a user whose browser died has lost its cookie: ask the page, not a variable
      ctx:step("log in", function()
        ctx:click("#login"):fill("#email", ("user%d@example.com"):format(user_id))
        ctx:fill("#password", "secret"):check("#remember"):click("#login-form >> text=Log in")
        ctx:wait_for_selector("#user")
      end)
    end

    ctx:step("check out", function()
      ctx:navigate(config.base_url .. "/checkout")
      ctx:fill("#name", "User " .. user_id):select_option("#shipping", "bike"):check("#terms"):click("#pay")
      ctx:wait_for_selector("#receipt")
    end)
    ctx:expect("has a receipt", ctx:is_visible("#receipt"))

    ctx:step("watch the stock", function()
      ctx:navigate(config.base_url .. "/live"):wait_for_selector("#count-again:enabled")
      ctx:click("#count-again"):wait_for_selector("#counts li")
    end)
  end,
}
