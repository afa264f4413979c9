package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"strings"
	"sync"

	"github.com/flannel-io/flannel/pkg/backend"
	_ "github.com/flannel-io/flannel/pkg/backend/alloc"
	_ "github.com/flannel-io/flannel/pkg/backend/extension"
	_ "github.com/flannel-io/flannel/pkg/backend/hostgw"
	_ "github.com/flannel-io/flannel/pkg/backend/ipip"
	_ "github.com/flannel-io/flannel/pkg/backend/ipsec"
	_ "github.com/flannel-io/flannel/pkg/backend/tencentvpc"
	_ "github.com/flannel-io/flannel/pkg/backend/udp"
	_ "github.com/flannel-io/flannel/pkg/backend/vxlan"
	_ "github.com/flannel-io/flannel/pkg/backend/wireguard"
	"github.com/flannel-io/flannel/pkg/ipmatch"
	"github.com/flannel-io/flannel/pkg/lease"
	"github.com/flannel-io/flannel/pkg/subnet"
	"github.com/flannel-io/flannel/pkg/subnet/etcd"
	"k8s.io/klog/v2"
)

// Judgement of one configuration. Log holds what the backend logged: some of them log the keys that they read.
type Judgement struct {
	Verdict string         `json:"verdict"`           // ok, error or panic
	Reason  string         `json:"reason,omitempty"`  // of an error or a panic
	Stopped string         `json:"stopped,omitempty"` // what the backend could not get in its cell
	Config  map[string]any `json:"config,omitempty"`
	Log     string         `json:"log,omitempty"`
}

var errStop = errors.New("stopped before the lease")

// manager is flannel's own, over a registry that holds just the text; only no lease is taken. The backend extension gets
// an empty one: it has another command to run then.
type manager struct{ subnet.Manager }

const extension = "extension"

func (manager) AcquireLease(_ context.Context, attrs *lease.LeaseAttrs) (*lease.Lease, error) {
	if attrs.BackendType == extension {
		return &lease.Lease{}, nil
	}
	return nil, errStop
}

var logged = captureLog()

func captureLog() *bytes.Buffer {
	flags := flag.NewFlagSet("klog", flag.PanicOnError)
	klog.InitFlags(flags)
	for name, value := range map[string]string{"logtostderr": "false", "stderrthreshold": "FATAL", "skip_headers": "true"} {
		if err := flags.Set(name, value); err != nil {
			panic(err)
		}
	}
	buffer := new(bytes.Buffer)
	klog.SetOutput(buffer)
	return buffer
}

func judgeNetwork(texts []string) any {
	logged.Reset()
	judgement := Judgement{Verdict: "ok"}
	func() {
		defer func() {
			if cause := recover(); cause != nil {
				judgement.Verdict, judgement.Reason = "panic", fmt.Sprint(cause)
			}
		}()
		if err := start(texts[0], &judgement); err != nil {
			judgement.Verdict, judgement.Reason = "error", err.Error()
		}
	}()
	judgement.Log = logged.String()
	return judgement
}

// start takes flanneld's steps (its main.go) from the text to the lease.
func start(text string, judgement *Judgement) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	sm := manager{etcd.NewMockManager(etcd.NewMockRegistry(text, nil))}
	config, err := sm.GetNetworkConfig(ctx)
	if err != nil {
		return err
	}
	judgement.Config = normalised(config)
	if _, err := ipmatch.GetIPFamily(config.EnableIPv4, config.EnableIPv6); err != nil {
		return err
	}
	be, err := backend.NewManager(ctx, sm, iface(config)).GetBackend(config.BackendType)
	if err != nil {
		return err
	}
	_, err = be.RegisterNetwork(ctx, new(sync.WaitGroup), config)
	if err == nil && strings.EqualFold(config.BackendType, extension) {
		return nil
	}
	if err == nil {
		return errors.New("the backend came to its end, which must not be possible here")
	}
	if beyondTheKeys(err) {
		judgement.Stopped = err.Error()
		return nil
	}
	return err
}

// beyondTheKeys tells whether the backend was content with its keys: it wanted the lease, a device or its command.
func beyondTheKeys(err error) bool {
	text := err.Error()
	return strings.Contains(text, errStop.Error()) || strings.HasSuffix(text, "operation not permitted") ||
		strings.HasPrefix(text, "failed to run command: ")
}

// iface is what flanneld finds by itself on a host that has addresses of both families.
func iface(config *subnet.Config) *backend.ExternalInterface {
	found := &backend.ExternalInterface{Iface: &net.Interface{Index: 2, MTU: 1500, Name: "eth0"}}
	if config.EnableIPv4 {
		found.IfaceAddr = net.ParseIP("192.0.2.11")
		found.ExtAddr = found.IfaceAddr
	}
	if config.EnableIPv6 {
		found.IfaceV6Addr = net.ParseIP("2001:db8::11")
		found.ExtV6Addr = found.IfaceV6Addr
	}
	return found
}

func normalised(config *subnet.Config) map[string]any {
	found := map[string]any{
		"EnableIPv4":     config.EnableIPv4,
		"EnableIPv6":     config.EnableIPv6,
		"EnableNFTables": config.EnableNFTables,
		"BackendType":    strings.ToLower(config.BackendType),
	}
	if config.EnableIPv4 {
		found["Network"] = config.Network.String()
		found["SubnetLen"] = config.SubnetLen
		found["SubnetMin"] = config.SubnetMin.String()
		found["SubnetMax"] = config.SubnetMax.String()
	}
	if config.EnableIPv6 {
		found["IPv6Network"] = config.IPv6Network.String()
		found["IPv6SubnetLen"] = config.IPv6SubnetLen
		found["IPv6SubnetMin"] = config.IPv6SubnetMin.String()
		found["IPv6SubnetMax"] = config.IPv6SubnetMax.String()
	}
	return found
}
