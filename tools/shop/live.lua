-- People on the shop's live pages, which Phoenix LiveView's own client drives: they sort and fill a cart, place an order,
-- look at what others do, and travel between views without loading a page.
--
--   liveload run tools/shop/live.lua --users 20 --duration 1m --set base_url=http://127.0.0.1:8089

local ll = require "liveload"

return ll.scenario {
  name = "live shop",

  config = function(options)
    return { base_url = options.base_url or "http://127.0.0.1:8089" }
  end,

  load = { users = 5, duration = "30s" },

  thresholds = {
    iteration_duration_us = "p95 < 20s",
    ["liveview_loading_class_duration_us{phx-click-loading}"] = "p95 < 2s",
    iterations_failed = "rate < 1%",
    checks_failed = "rate < 1%",
  },

  run = function(ctx, user_id, config)
    ctx:step("fill the cart", function()
      ctx:navigate(config.base_url .. "/live/products"):ensure_liveview():wait_for_liveview()
      ctx:click("#by-price"):wait_for_url("**/live/products?sort=price")
      local before = tonumber(ctx:inner_text("#product-3 .count"))
      ctx:click("#product-3 .add"):wait_for_phx_loading_completion("click", "#product-3 .add")
      ctx:expect("one more mug is in the cart", tonumber(ctx:inner_text("#product-3 .count")) == before + 1)
    end)
    ctx:think("200ms", "600ms")

    ctx:step("order", function()
      ctx:click("text=Order"):wait_for_url("**/live/order"):wait_for_liveview()
      ctx:fill("#email", "user" .. user_id):wait_for_phx_loading_completion("change", "#email")
      ctx:expect("a wrong address is said to be one", ctx:is_visible("#email-problem"))
      ctx:fill("#email", ("user%d@example.com"):format(user_id)):wait_for_phx_loading_completion("change", "#email")
      ctx:fill("#name", "User " .. user_id):select_option("#shipping", "bike")
      ctx:click("#save"):wait_for_phx_loading_completion("submit", "#order")
      ctx:expect("has a receipt", ctx:is_visible("#receipt"))
    end)

    ctx:step("count together", function()
      ctx:click("text=Counter"):wait_for_url("**/live/counter"):wait_for_liveview()
      local before = tonumber(ctx:inner_text("#count"))
      ctx:click("#up"):wait_for_phx_loading_completion("click", "#up")
      ctx:expect("the counter goes up", tonumber(ctx:inner_text("#count")) > before)
    end)

    ctx:step("travel", function()
      ctx:click("text=Travel"):wait_for_url("**/live/travel"):wait_for_liveview()
      ctx:click("#patch"):wait_for_url("**/live/travel?step=1")
      ctx:click("#navigate"):wait_for_url("**/live/products"):wait_for_selector("text=Good journey")
    end)
    ctx:think("200ms", "600ms")
  end,
}
