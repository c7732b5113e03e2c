package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"oakmoot/zkembed"
)

// zkInspectCommand prints what a data directory holds.
type zkInspectCommand struct {
	Dir     string `arg:"" help:"The data directory of oakmoot zk." type:"path"`
	LogOnly bool   `help:"Leave out the sessions and nodes of snapshots."`
	Data    bool   `help:"Print data too, quoted as in Go."`
}

// Run prints a line per entry. It only reads, so the directory may be in use.
func (c *zkInspectCommand) Run(s streams) error {
	if err := notApaches(c.Dir); err != nil {
		return err
	}
	out := bufio.NewWriter(s.out)
	if zkembed.DirInUse(c.Dir) {
		fmt.Fprintf(s.err, "%s is in use: this is what it holds at the moment, and its last record may be incomplete\n", c.Dir)
	}
	files := 0
	err := zkembed.Inspect(c.Dir, func(e zkembed.Entry) error {
		if e.Kind == zkembed.EntryFile {
			files++
		}
		if c.LogOnly && (e.Kind == zkembed.EntrySession || e.Kind == zkembed.EntryNode) {
			return nil
		}
		_, err := fmt.Fprintln(out, c.line(e))
		return err
	})
	if flushErr := out.Flush(); flushErr != nil {
		return flushErr
	}
	if err == nil && files == 0 {
		err = fmt.Errorf("zookeeper data: %s holds no log and no snapshot", c.Dir)
	}
	return unavailableData(err)
}

// unavailableData marks an error in a data directory.
func unavailableData(err error) error {
	if err == nil {
		return nil
	}
	var missing *fs.PathError
	if errors.As(err, &missing) {
		err = fmt.Errorf("zookeeper data: %w", missing)
	}
	return &unavailable{err}
}

func (c *zkInspectCommand) line(e zkembed.Entry) string {
	switch e.Kind {
	case zkembed.EntryFile:
		return fmt.Sprintf("%s: %d bytes", e.File, e.Size)
	case zkembed.EntryTxn:
		return fmt.Sprintf("%8d  %s", e.Offset, c.txn(e.Txn))
	case zkembed.EntrySession:
		return fmt.Sprintf("%8d  session 0x%x, timeout %v", e.Offset, int64(e.Session.ID), e.Session.Timeout)
	case zkembed.EntryNode:
		return fmt.Sprintf("%8d  node %s", e.Offset, c.node(e.Node))
	case zkembed.EntryTorn:
		return fmt.Sprintf("%8d  TORN: %v; the last %d bytes were never acknowledged, and a server cuts them off", e.Offset, e.Problem, e.Size)
	}
	return fmt.Sprintf("%8d  DAMAGED: %v", e.Offset, e.Problem)
}

// stampFormat is how times are printed: in UTC, to the millisecond, as stored.
const stampFormat = "2006-01-02T15:04:05.000Z"

// txn is a transaction: its request and the outcome.
func (c *zkInspectCommand) txn(t *zkembed.Txn) string {
	head := fmt.Sprintf("0x%x  %s  0x%x  %s", int64(t.Zxid), t.Time.Format(stampFormat), int64(t.Session), t.Op)
	switch {
	case len(t.Changes) == 0:
		return head + "  refused"
	case len(t.Changes) == 1 && t.Op != "multi":
		return head + "  " + c.object(t.Changes[0])
	}
	changes := make([]string, len(t.Changes))
	for i, ch := range t.Changes {
		changes[i] = fmt.Sprintf("%s %s", ch.Kind, c.object(ch))
	}
	return head + "  " + strings.Join(changes, "; ")
}

// object is what was changed, and with what.
func (c *zkInspectCommand) object(ch zkembed.Change) string {
	switch ch.Kind {
	case zkembed.CommitCreate:
		text := ch.Path + " " + c.data(ch.Data)
		if ch.Mode != "persistent" {
			text += " " + ch.Mode
		}
		if ch.ACL != openACL {
			text += " " + ch.ACL
		}
		return text
	case zkembed.CommitSetData:
		return ch.Path + " " + c.data(ch.Data)
	case zkembed.CommitSetACL:
		return ch.Path + " " + ch.ACL
	case zkembed.CommitOpenSession:
		return fmt.Sprintf("0x%x timeout %v", int64(ch.Session), ch.Timeout)
	case zkembed.CommitCloseSession:
		return fmt.Sprintf("0x%x", int64(ch.Session))
	}
	return ch.Path
}

// openACL is the ACL of nodes that anybody may use; it is not printed.
const openACL = "world:anyone:cdrwa"

func (c *zkInspectCommand) node(n *zkembed.Node) string {
	st := n.Stat
	text := fmt.Sprintf("%s %s, version %d, created 0x%x at %s", n.Path, c.data(n.Data), st.Version, int64(st.Czxid), stamp(st.Ctime))
	if st.Mzxid != st.Czxid {
		text += fmt.Sprintf(", modified 0x%x at %s", int64(st.Mzxid), stamp(st.Mtime))
	}
	if st.EphemeralOwner != 0 {
		text += fmt.Sprintf(", ephemeral of 0x%x", int64(st.EphemeralOwner))
	}
	return text
}

func stamp(ms int64) string { return time.UnixMilli(ms).UTC().Format(stampFormat) }

func (c *zkInspectCommand) data(data []byte) string {
	size := fmt.Sprintf("%d B", len(data))
	if data == nil {
		size = "null"
	}
	if c.Data && len(data) > 0 {
		size += fmt.Sprintf(" %q", data)
	}
	return size
}
