#!/usr/bin/env bash
# Finding: flannel's own check of its configuration lets two things pass. A configuration without `Backend` means the backend
#   "udp" (slow, for debugging, in user space), while Documentation/configuration.md of the same release says vxlan. And a
#   SubnetMin above SubnetMax is no fault: flanneld finds out when it looks for a free subnet.
# Wrong guess: the default is what the manual says; a range that is empty is refused with the other errors of the range.
# Versions: github.com/flannel-io/flannel v0.28.10 (functions ParseConfig and CheckNetworkConfig, which flanneld calls).
# What to do: always write "Backend": {"Type": "vxlan"}; compare SubnetMin with SubnetMax before writing the text to etcd.
# Needs Go 1.24 or newer. With empty caches it compiles for a minute or two; caches of modules and builds are left to Go.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
failed=0
see() { # WHAT SEEN EXPECTED
  echo "$1: $2"
  [ "$2" = "$3" ] || { echo "  CHANGED, it was: $3"; failed=1; }
}

cat >main.go <<'EOF'
package main

import (
	"fmt"
	"os"

	"github.com/flannel-io/flannel/pkg/subnet"
)

func main() {
	config, err := subnet.ParseConfig(os.Args[1])
	if err == nil {
		err = subnet.CheckNetworkConfig(config)
	}
	if err != nil {
		fmt.Println("refused:", err)
		return
	}
	fmt.Printf("accepted: %s, %s to %s\n", config.BackendType, config.SubnetMin, config.SubnetMax)
}
EOF
export GOTOOLCHAIN=local GOFLAGS=-mod=mod
go mod init try 2>/dev/null
go mod edit -require=github.com/flannel-io/flannel@v0.28.10
nice go build -p 1 -o try . 2>build.log || { cat build.log; exit 2; }
go list -m github.com/flannel-io/flannel
source=$(go list -m -f '{{.Dir}}' github.com/flannel-io/flannel)
# shellcheck disable=SC2016
see 'the manual' "$(grep -io 'defaults to `[a-z]*` backend' "$source/Documentation/configuration.md")" 'Defaults to `vxlan` backend'
see 'no Backend' "$(./try '{"Network": "10.5.0.0/16"}')" 'accepted: udp, 10.5.1.0 to 10.5.255.0'
see 'SubnetMin outside' "$(./try '{"Network": "10.5.0.0/16", "SubnetMin": "10.6.0.0"}')" \
  'refused: SubnetMin is not in the range of the Network'
see 'SubnetMin above SubnetMax' "$(./try '{"Network": "10.5.0.0/16", "SubnetMin": "10.5.200.0", "SubnetMax": "10.5.10.0"}')" \
  'accepted: udp, 10.5.200.0 to 10.5.10.0'
exit $failed
