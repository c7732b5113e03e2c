package cli

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"oakmoot/control"
	"oakmoot/internal/door/running"
	"oakmoot/internal/stage/scenario"
)

// completion is a word that can stand somewhere.
type completion struct{ text, about string }

// completer finds the words that can stand at the end of a command line.
type completer struct {
	ctx     context.Context
	samples samples
	control string
	token   string

	before []string // the arguments of the command so far
}

func newCompleter(ctx context.Context, all samples, address, token string) *completer {
	return &completer{ctx: ctx, samples: all, control: cmp.Or(address, "127.0.0.1:"+strconv.Itoa(defaultControlPort)), token: token}
}

// complete is what the last of the words can be.
func (c *completer) complete(words []string) []completion {
	if len(words) == 0 {
		words = []string{""}
	}
	node := newParser(&commands{}).Model.Node
	var awaited *kong.Flag // the flag whose value comes next
	for _, word := range words[:len(words)-1] {
		switch name, value, whole := strings.Cut(word, "="); {
		case awaited != nil:
			c.note(awaited, word)
			awaited = nil
		case strings.HasPrefix(word, "-"):
			flag := flagOf(node, name)
			switch {
			case flag == nil:
			case whole:
				c.note(flag, value)
			case !flag.IsBool():
				awaited = flag
			}
		default:
			if child := childOf(node, word); child != nil {
				node, c.before = child, nil
				continue
			}
			if node.DefaultCmd != nil {
				node = node.DefaultCmd
			}
			c.before = append(c.before, word)
		}
	}
	return c.last(node, awaited, words[len(words)-1])
}

// last is what the last word can be, after a command and perhaps a flag that wants a value.
func (c *completer) last(node *kong.Node, awaited *kong.Flag, word string) []completion {
	if awaited != nil {
		return beginning(word, c.values(awaited.Value, word))
	}
	if name, value, whole := strings.Cut(word, "="); whole && strings.HasPrefix(word, "--") {
		if flag := flagOf(node, name); flag != nil {
			return behind(name+"=", beginning(value, c.values(flag.Value, value)))
		}
		return nil
	}
	if strings.HasPrefix(word, "-") {
		return beginning(word, flagsOf(node))
	}
	var all []completion
	for _, child := range node.Children {
		if !child.Hidden && len(c.before) == 0 {
			all = append(all, completion{child.Name, child.Help})
		}
	}
	if node.DefaultCmd != nil {
		node = node.DefaultCmd
	}
	if n := len(node.Positional); n > 0 {
		if at := min(len(c.before), n-1); at == len(c.before) || node.Positional[at].IsCumulative() {
			all = append(all, c.values(node.Positional[at], word)...)
		}
	}
	return beginning(word, all)
}

// note remembers where the cluster is that a command line means.
func (c *completer) note(flag *kong.Flag, value string) {
	switch flag.Name {
	case "control":
		c.control = value
	case "token":
		c.token = value
	}
}

func flagOf(node *kong.Node, name string) *kong.Flag {
	for _, group := range node.AllFlags(true) {
		for _, flag := range group {
			if "--"+flag.Name == name {
				return flag
			}
		}
	}
	if node.DefaultCmd != nil {
		return flagOf(node.DefaultCmd, name)
	}
	return nil
}

func flagsOf(node *kong.Node) (all []completion) {
	if node.DefaultCmd != nil {
		node = node.DefaultCmd
	}
	for _, group := range node.AllFlags(true) {
		for _, flag := range group {
			all = append(all, completion{"--" + flag.Name, flag.Help})
		}
	}
	return all
}

// beginning are those that begin like the word.
func beginning(word string, all []completion) []completion {
	return slices.DeleteFunc(all, func(c completion) bool { return c.text == "" || !strings.HasPrefix(c.text, word) })
}

// behind are words behind what stands already.
func behind(before string, all []completion) []completion {
	for i := range all {
		all[i].text = before + all[i].text
	}
	return all
}

// values are what an argument or the value of a flag can be.
func (c *completer) values(v *kong.Value, word string) []completion {
	if v.Enum != "" {
		return named(strings.Split(v.Enum, ","))
	}
	if v.Tag == nil {
		return nil
	}
	switch v.Tag.Get("complete") {
	case "topology":
		return files(word, topologyExt)
	case "file":
		return files(word, "")
	case "example":
		return named(c.samples.names())
	case "command":
		return c.commandWords()
	case "verb":
		return named(scenario.VerbNames())
	case "fault":
		return c.faultWords(word)
	case "condition":
		return conditionWords(word)
	case "report":
		return reportWords(word)
	case "levels":
		return levelWords(word)
	case "node":
		return c.nodes()
	case "cluster":
		return processes()
	}
	if v.Tag.Type == "path" {
		return files(word, "")
	}
	return nil
}

func named(names []string) (all []completion) {
	for _, name := range names {
		all = append(all, completion{text: name})
	}
	return all
}

// files are the files that a word can become, and directories on the way to more.
func files(word, ext string) (all []completion) {
	dir, begun := filepath.Split(word)
	entries, _ := os.ReadDir(cmp.Or(dir, ".")) // of what cannot be read there is nothing to say
	for _, e := range entries {
		name := dir + e.Name()
		hidden := strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(begun, ".")
		switch {
		case hidden:
		case e.IsDir():
			all = append(all, completion{text: name + "/"})
		case strings.HasSuffix(name, ext):
			all = append(all, completion{text: name})
		}
	}
	return all
}

func (c *completer) commandWords() (all []completion) {
	node := newParser(&commands{}).Model.Node
	for _, word := range c.before {
		if node = childOf(node, word); node == nil {
			return nil
		}
	}
	for _, child := range node.Children {
		if !child.Hidden {
			all = append(all, completion{child.Name, child.Help})
		}
	}
	return all
}

// answersWithin is how long a cluster may take to say which nodes it has.
const answersWithin = 300 * time.Millisecond

// nodes are those of the running cluster, if one answers.
func (c *completer) nodes() (all []completion) {
	st, err := control.Client{Address: c.control, Token: c.token, Limit: answersWithin}.StatusOf(c.ctx, 1000)
	if err != nil {
		return nil
	}
	for _, n := range st.Nodes {
		all = append(all, completion{n.Name, n.Kind + ", " + n.State})
	}
	return all
}

func processes() (all []completion) {
	list, _, _ := running.Usual().List() // of what cannot be read there is nothing to say
	for _, p := range list {
		all = append(all, completion{p.Name, "process " + strconv.Itoa(p.PID)}, completion{strconv.Itoa(p.PID), p.Name})
	}
	return all
}
