// Marks the folder as a module. The versions come from flannel-*/go.mod: see tests/tools/build.
module overlay.flannel/tests/tools/verdict
