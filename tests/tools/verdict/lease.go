package main

import (
	_ "unsafe" // for go:linkname

	"github.com/flannel-io/flannel/pkg/ip"
	"github.com/flannel-io/flannel/pkg/lease"
	"github.com/flannel-io/flannel/pkg/subnet"
	"go.etcd.io/etcd/api/v3/mvccpb"
)

// LeaseJudgement of one key and its value. Key is empty where flannel cannot read it.
type LeaseJudgement struct {
	Subnet        string `json:"subnet,omitempty"`
	IPv6Subnet    string `json:"ipv6_subnet,omitempty"`
	Key           string `json:"key,omitempty"` // as flannel would write it
	Reason        string `json:"reason,omitempty"`
	PublicIP      string `json:"public_ip,omitempty"`
	PublicIPv6    string `json:"public_ipv6,omitempty"`
	BackendType   string `json:"backend,omitempty"`
	BackendData   string `json:"backend_data,omitempty"` // raw, it may be no UTF-8
	BackendV6Data string `json:"backend_v6_data,omitempty"`
}

// kvToIPLease is what flannel's registry does with each entry below the prefix; the empty .s file lets it have no body.
//
//go:linkname kvToIPLease github.com/flannel-io/flannel/pkg/subnet/etcd.kvToIPLease
func kvToIPLease(kv *mvccpb.KeyValue, ttl int64) (*lease.Lease, error)

func judgeLease(texts []string) any {
	judgement := LeaseJudgement{}
	ipv4, ipv6 := subnet.ParseSubnetKey(texts[0])
	if ipv4 != nil {
		if ipv6 == nil {
			ipv6 = &ip.IP6Net{}
		}
		judgement.Subnet = ipv4.String()
		judgement.Key = subnet.MakeSubnetKey(*ipv4, *ipv6)
		if !ipv6.Empty() {
			judgement.IPv6Subnet = ipv6.String()
		}
	}
	found, err := read(texts)
	if err != "" {
		judgement.Reason = err
		return judgement
	}
	judgement.PublicIP = found.Attrs.PublicIP.String()
	if found.Attrs.PublicIPv6 != nil {
		judgement.PublicIPv6 = found.Attrs.PublicIPv6.String()
	}
	judgement.BackendType = found.Attrs.BackendType
	judgement.BackendData = string(found.Attrs.BackendData)
	judgement.BackendV6Data = string(found.Attrs.BackendV6Data)
	return judgement
}

// read gives the lease, or what flannel says or dies of.
func read(texts []string) (found *lease.Lease, reason string) {
	defer func() {
		if cause := recover(); cause != nil {
			found, reason = nil, "panic"
		}
	}()
	found, err := kvToIPLease(&mvccpb.KeyValue{Key: []byte(texts[0]), Value: []byte(texts[1])}, 0)
	if err != nil {
		return nil, err.Error()
	}
	return found, ""
}
