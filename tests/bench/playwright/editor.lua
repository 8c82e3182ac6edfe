-- The same iteration as in playwright.js: a person who opens the editor of Node-RED, searches its palette, and opens and
-- closes its settings.
local ll = require "liveload"

return ll.scenario {
  name = "editor",

  config = function(options)
    return { url = options.url }
  end,

  run = function(ctx, _, config)
    ctx:navigate(config.url)
       :wait_for_selector("#red-ui-workspace-tabs .red-ui-tab")
       :wait_for_selector("#red-ui-loading-progress", { state = "hidden" })
       :type("#red-ui-palette-search input", "mqtt")
       :wait_for_selector(".red-ui-palette-node[data-palette-type=inject]", { state = "hidden" })
       :click("#red-ui-header-button-sidemenu")
       :click("#menu-item-user-settings")
       :wait_for_selector("#user-settings-editor-language")
       :click("#node-dialog-ok")
       :wait_for_selector("#user-settings-editor-language", { state = "hidden" })
  end,
}
