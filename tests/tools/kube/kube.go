// Package kube stands in for flannel's subnet manager of Kubernetes, which our hosts never ask for: with it, more than half of a build
// compiles the client of Kubernetes.
package kube

import (
	"context"
	"errors"

	"github.com/flannel-io/flannel/SUBNET"
)

func NewSubnetManager(context.Context, string, string, string, string, bool) (subnet.Manager, error) {
	return nil, errors.New("this flanneld was built without --kube-subnet-mgr")
}
