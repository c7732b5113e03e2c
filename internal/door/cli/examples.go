package cli

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"oakmoot/cluster"
	"oakmoot/internal/door/terminal"
)

// samples are the topologies that are in the program, by their names: tiers is tiers.toml, museum/x is museum/x.toml.
type samples struct{ files fs.FS }

// names are all of them, in order.
func (e samples) names() (names []string) {
	_ = fs.WalkDir(e.files, ".", func(file string, d fs.DirEntry, err error) error { // nothing in the program fails to be read
		if err == nil && path.Ext(file) == topologyExt {
			names = append(names, strings.TrimSuffix(file, topologyExt))
		}
		return nil
	})
	slices.Sort(names)
	return names
}

// topologyExt is how the name of a topology file ends.
const topologyExt = ".toml"

// read is the text of one of them.
func (e samples) read(name string) (string, error) {
	name = strings.TrimSuffix(name, topologyExt)
	if !slices.Contains(e.names(), name) {
		return "", &badInput{fmt.Errorf("there is no example %q; %s", name, meant(name, e.names(), "oakmoot examples lists them"))}
	}
	b, err := fs.ReadFile(e.files, name+topologyExt)
	return string(b), err
}

// shortest is how few characters say enough about an example.
const shortest = 40

// about is the first sentence of a topology's comment, or the first two if that is very short.
func about(text string) string {
	var words []string
	for line := range strings.Lines(text) {
		comment, ok := strings.CutPrefix(strings.TrimSpace(line), "#")
		if !ok || strings.TrimSpace(comment) == "" {
			break
		}
		words = append(words, strings.Fields(comment)...)
	}
	all := strings.Join(words, " ")
	for i := range all {
		if i >= shortest && strings.HasPrefix(all[i:], ". ") {
			return all[:i]
		}
	}
	return strings.TrimSuffix(all, ".")
}

// examplesCommand is the topologies that are in the program.
type examplesCommand struct {
	List examplesList `cmd:"" default:"withargs" help:"List them, each with what it shows; 'oakmoot examples' alone does that."`
	Show examplesShow `cmd:"" help:"Print one, to read or to change."`
	Run  examplesRun  `cmd:"" help:"Run one, as \"oakmoot up\" would its file."`
}

type examplesList struct {
	JSON bool `help:"Print as JSON."`
}

// Run prints an example per line.
func (c *examplesList) Run(s streams, all samples) error {
	type example struct {
		Name  string `json:"name"`
		About string `json:"about"`
	}
	list := []example{}
	for _, name := range all.names() {
		text, err := all.read(name)
		if err != nil {
			return err
		}
		list = append(list, example{name, about(text)})
	}
	if c.JSON {
		return printJSON(s.out, list)
	}
	w := terminal.NewTable(s.out)
	for _, e := range list {
		fmt.Fprint(w, cells(e.Name, e.About))
	}
	return w.Flush()
}

type examplesShow struct {
	Name string `arg:"" complete:"example" help:"Its name."`
}

// Run prints the file.
func (c *examplesShow) Run(s streams, all samples) error {
	text, err := all.read(c.Name)
	if err != nil {
		return err
	}
	_, err = io.WriteString(s.out, text)
	return err
}

type examplesRun struct {
	Name string `arg:"" complete:"example" help:"Its name."`
	upFlags
}

// Run runs the example until it ends or is interrupted.
func (c *examplesRun) Run(ctx context.Context, s streams, left *leftovers, all samples) error {
	return c.run(ctx, s, left, source{c.Name + topologyExt, func() (cluster.Topology, error) {
		text, err := all.read(c.Name)
		if err != nil {
			return cluster.Topology{}, err
		}
		return cluster.Load(strings.NewReader(text))
	}})
}
