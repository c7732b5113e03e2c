// Scale measures how a cluster in one process grows: with its nodes, and with its
// segments. Each measurement runs in a process of its own, one after the other, and ends
// up as a row of bench/scale.md, or as a point of a curve beside it.
//
//	go run . -out ..                # everything; an hour on two cores
//	go run . -only nodes,assign     # some of it; the rest of the table stays as it was
//	go run -tags interop . -only beside   # the real coordinator beside ours; needs Java and PostgreSQL
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"slices"
	"strings"
)

func main() {
	var (
		out    = flag.String("out", "", "directory for scale.md and the curves; without it only what was measured is printed")
		only   = flag.String("only", "", "names of measurements, separated by commas; "+strings.Join(names(), ", "))
		least  = flag.Int("least", 0, "leave out sizes below this; what was measured of them stays in the table")
		most   = flag.Int("most", 0, "leave out sizes above this likewise; 0 is none")
		single = flag.String("measure", "", "one point in this process: NAME SIZE; prints JSON")
	)
	profile := flag.String("cpuprofile", "", "with -measure: file for a CPU profile")
	flag.Parse()
	if *profile != "" {
		defer profiled(*profile)()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *out, *only, sizes{*least, *most}, *single, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

// profiled profiles this process until the returned function is called.
func profiled(file string) (stop func()) {
	out, err := os.Create(file)
	if err == nil {
		err = pprof.StartCPUProfile(out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
	return func() {
		pprof.StopCPUProfile()
		_ = out.Close()
	}
}

func run(ctx context.Context, out, only string, which sizes, single string, args []string) error {
	if single != "" {
		return measureHere(ctx, single, args)
	}
	wanted := names()
	if only != "" {
		wanted = strings.Split(only, ",")
	}
	for _, name := range wanted {
		if _, known := find(name); !known {
			return fmt.Errorf("there is no measurement %q; there are %s", name, strings.Join(names(), ", "))
		}
	}
	results, err := load(out)
	if err != nil {
		return err
	}
	var broken []error
	for _, m := range measurements {
		if !slices.Contains(wanted, m.name) {
			continue
		}
		points, err := m.measure(ctx, which)
		broken = append(broken, err)
		if len(points) > 0 {
			results[m.name] = merged(results[m.name], points)
		}
		if out != "" {
			broken = append(broken, results.write(out))
		}
	}
	return errors.Join(broken...)
}

// measureHere measures one point in this process.
func measureHere(ctx context.Context, name string, args []string) error {
	m, known := find(name)
	if !known || len(args) != 1 {
		return fmt.Errorf("-measure NAME SIZE, not %q %q", name, args)
	}
	var size int
	if _, err := fmt.Sscan(args[0], &size); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, m.limit)
	defer cancel()
	p, err := m.point(ctx, size)
	if err != nil {
		return err
	}
	p.Size = size
	return json.NewEncoder(os.Stdout).Encode(p)
}
