// An assembly file lets functions of this package have no body: see lease.go.
