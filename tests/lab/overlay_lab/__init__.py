"""Local hosts with real systemd: containers of systemd-nspawn on a bridge of their own."""
