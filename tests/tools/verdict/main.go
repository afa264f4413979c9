// Verdict tells what flannel's own code makes of texts: network configurations, or leases with their keys.
//
//	verdict network CELL   a line of standard input is the base64 text of a configuration
//	verdict lease CELL     a line is the base64 key, a blank, the base64 value
//
// It answers each line with one line of JSON. CELL is a folder that the program makes its root before it begins,
// then it gives up root: backends that go on after reading their keys find no command to run and no device to make.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const nobody = 65534

// The private key that the wireguard backend would write for itself: 32 zero bytes.
const wireguardKey = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: verdict network|lease CELL"))
	}
	judge, known := map[string]func([]string) any{"network": judgeNetwork, "lease": judgeLease}[os.Args[1]]
	if !known {
		fail(fmt.Errorf("verdict: network or lease, not %s", os.Args[1]))
	}
	if err := lockUp(os.Args[2]); err != nil {
		fail(fmt.Errorf("verdict: cannot lock itself up, it must be started by root: %w", err))
	}
	answer(judge)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func lockUp(cell string) error {
	if err := os.WriteFile(filepath.Join(cell, "wgkey"), []byte(wireguardKey), 0o444); err != nil {
		return err
	}
	steps := []func() error{
		func() error { return os.Setenv("WIREGUARD_KEY_FILE", "/wgkey") },
		func() error { return os.Setenv("PATH", "") },
		func() error { return syscall.Chroot(cell) },
		func() error { return os.Chdir("/") },
		func() error { return syscall.Setgroups(nil) },
		func() error { return syscall.Setgid(nobody) },
		func() error { return syscall.Setuid(nobody) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func answer(judge func([]string) any) {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for lines.Scan() {
		var texts []string
		for _, word := range strings.Split(lines.Text(), " ") {
			text, err := base64.StdEncoding.DecodeString(word)
			if err != nil {
				fail(err)
			}
			texts = append(texts, string(text))
		}
		if err := encoder.Encode(judge(texts)); err != nil {
			fail(err)
		}
	}
	if err := lines.Err(); err != nil {
		fail(err)
	}
	if err := out.Flush(); err != nil {
		fail(err)
	}
}
