package cli

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"oakmoot/cluster"
	"oakmoot/internal/door/terminal"
)

// randomToken is a token that nobody can guess.
func randomToken() string { return rand.Text() }

// banner prints, aligned, where everything is and what to try next; its last line says that the cluster is ready.
func (p *performance) banner() {
	c, topo, token, s := p.cluster, p.topo, p.token, p.streams
	a := c.Addresses()
	if p.JSON {
		jsonLine(s.err, "info", "oakmoot is ready", map[string]any{
			"topology": topo.Name, "seed": fmt.Sprint(c.Seed()), "token": token, "addresses": a, "pages": pages(c, token),
		})
		return
	}
	w := terminal.NewList(s.err)
	fmt.Fprintln(w)
	fmt.Fprintf(w, terminal.Faint.Text("topology")+"\t%s, seed %d\n", p.topologyName(topo), c.Seed())
	fmt.Fprintf(w, terminal.Faint.Text("control")+"\t%s\n", strings.Join(pages(c, token), "\n\t"))
	fmt.Fprintf(w, terminal.Faint.Text("zookeeper")+"\t%s, base %s\n", a.ZooKeeper, a.Base)
	for _, kind := range kindsInOrder(a.Nodes) {
		fmt.Fprintf(w, "%s\t%s\n", terminal.Faint.Text(kind), hostsOf(a.Nodes, kind))
	}
	fmt.Fprintf(w, terminal.Faint.Text("data")+"\t%s\n", p.dataLine(a.Data))
	fmt.Fprintf(w, terminal.Faint.Text("try")+"\t%s\n", strings.Join(p.suggestions(a, topo, token), "\n\t"))
	fmt.Fprintln(w, terminal.Good.Text("oakmoot is ready"))
	_ = w.Flush() // nobody is there to read it
}

// topologyName is what a person calls the topology: its name, or else its file's.
func (u *upFlags) topologyName(topo cluster.Topology) string {
	return or(topo.Name, filepath.Base(u.from.file))
}

// tellWaiting prints which external seats the ready line will wait for, and how to start a process for each.
func (p *performance) tellWaiting() {
	c, token, s := p.cluster, p.token, p.streams
	waiting := c.Waiting()
	if len(waiting) == 0 {
		return
	}
	a := c.Addresses()
	if p.JSON {
		jsonLine(s.err, "info", "waiting for external seats", map[string]any{"seats": waiting, "addresses": a, "pages": pages(c, token)})
		return
	}
	w := terminal.NewList(s.err)
	fmt.Fprintln(w)
	fmt.Fprintf(w, terminal.Faint.Text("control")+"\t%s\n", strings.Join(pages(c, token), "\n\t"))
	fmt.Fprintf(w, terminal.Faint.Text("zookeeper")+"\t%s, base %s\n", a.ZooKeeper, a.Base)
	for _, seat := range waiting {
		name, _, _ := strings.Cut(seat, ",")
		fmt.Fprintf(w, terminal.Warn.Text("waiting for")+"\t%s: %s seat%s %s\n", seat, program(), controlFlag(a, token), name)
	}
	fmt.Fprintln(w)
	_ = w.Flush() // nobody is there to read it
}

// pages are the URLs of the page; if the control address is on every interface, one for each of the machine's
// addresses.
func pages(c *cluster.Cluster, token string) []string {
	return pagesAt(c.ControlHosts(), token)
}

// pagesAt are the URLs of the page at some host:port.
func pagesAt(hosts []string, token string) []string {
	var all []string
	for _, host := range hosts {
		all = append(all, "http://"+host+"/"+tokenQuery(token))
	}
	return all
}

// controlFlag is the flag with which commands find a control address that is not the default.
func controlFlag(a cluster.Addresses, token string) string {
	flag := ""
	if a.Control != net.JoinHostPort("127.0.0.1", strconv.Itoa(defaultControlPort)) {
		flag = " --control " + a.Control
	}
	if token != "" {
		flag += " --token " + quoted(token)
	}
	return flag
}

// quoted is a word quoted for a shell.
func quoted(word string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_./:", r)
	}
	if strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func tokenQuery(token string) string {
	if token == "" {
		return ""
	}
	return "?token=" + url.QueryEscape(token)
}

func (u *upFlags) dataLine(dir string) string {
	if u.Data == "" {
		return dir + " (temporary, removed at the end; --data DIR keeps it)"
	}
	return dir
}

// suggestions are three commands that work as printed.
func (u *upFlags) suggestions(a cluster.Addresses, topo cluster.Topology, token string) []string {
	run, flag := program(), controlFlag(a, token)
	watch := " trace"
	if topo.ZooKeeper.Mode == "external" {
		watch = " tree" // it does not provide a stream of its transactions
	}
	return []string{
		run + " status" + flag,
		run + watch + flag,
		run + " fault" + flag + " 'kill coordinator@leader for 20s'",
	}
}

// program is how the caller can start this program again.
func program() string {
	exe, err := os.Executable()
	if err != nil || strings.Contains(exe, "go-build") {
		return "go run ."
	}
	if _, err := exec.LookPath("oakmoot"); err == nil && filepath.Base(exe) == "oakmoot" {
		return "oakmoot"
	}
	return exe
}

// kindsInOrder are the kinds of the nodes, each once, in order of first appearance.
func kindsInOrder(nodes []cluster.NodeAddress) []string {
	var kinds []string
	seen := map[string]bool{}
	for _, n := range nodes {
		if !seen[n.Kind] {
			seen[n.Kind] = true
			kinds = append(kinds, n.Kind)
		}
	}
	return kinds
}

// hostsShown is how many nodes of a kind the banner names; status lists the others.
const hostsShown = 10

func hostsOf(nodes []cluster.NodeAddress, kind string) string {
	var hosts []string
	for _, n := range nodes {
		if n.Kind == kind {
			hosts = append(hosts, n.Name+" "+n.Host)
		}
	}
	if more := len(hosts) - hostsShown; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(hosts[:hostsShown], ", "), more)
	}
	return strings.Join(hosts, ", ")
}
