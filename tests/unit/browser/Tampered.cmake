# Writes block.js with tampering.js behind it where it runs in a worker: pages have that one behind LiveLoad's other script.
file(READ ${BLOCK} block)
file(READ ${TAMPERING} tampering)
file(WRITE ${OUTPUT} "(patterns) => {\n(${block})(patterns);\nif (globalThis.document) return;\n${tampering}}\n")
