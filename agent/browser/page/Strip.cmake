# Joins the parts of the page's script into one strict function, so that what they share is no global of the page's, and
# takes out comment lines and indentation, since every new document compiles it.
set(text "")
foreach(input IN LISTS INPUTS)
  file(READ ${input} part)
  string(APPEND text "\n${part}")
endforeach()
string(REGEX REPLACE "\n *//[^\n]*" "\n" text "${text}")
string(REGEX REPLACE "\n[ \n]*" "\n" text "${text}")
file(WRITE ${OUTPUT} "(() => {\n\"use strict\";${text}})();\n")
