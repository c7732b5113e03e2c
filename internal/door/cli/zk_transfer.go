package cli

import (
	"errors"
	"fmt"

	"oakmoot/zkembed"
)

// zkImportCommand makes a data directory from Apache ZooKeeper's.
type zkImportCommand struct {
	ApacheDir string `arg:"" help:"Its dataDir, or the version-2 in it. The server must not be running." type:"path"`
	LogDir    string `help:"Its dataLogDir, if that is a different one." type:"path" placeholder:"DIR"`
	Data      string `help:"The directory to make, for 'oakmoot zk --data'; missing or empty." required:"" type:"path" placeholder:"DIR"`
}

// Run imports and prints the outcome.
func (c *zkImportCommand) Run(s streams) error {
	done, err := zkembed.ImportApache(c.ApacheDir, c.LogDir, c.Data)
	return tellTransfer(s, done, c.Data, err)
}

// zkExportCommand makes a data directory for Apache ZooKeeper.
type zkExportCommand struct {
	Dir string `arg:"" help:"The data directory of an 'oakmoot zk' that is not running." type:"path"`
	To  string `help:"The directory to make, for dataDir in zoo.cfg; missing or empty." required:"" type:"path" placeholder:"APACHE-DIR"`
}

// Run exports and prints the outcome.
func (c *zkExportCommand) Run(s streams) error {
	done, err := zkembed.ExportApache(c.Dir, c.To)
	return tellTransfer(s, done, c.To, err)
}

func tellTransfer(s streams, done zkembed.Transfer, to string, err error) error {
	if errors.Is(err, zkembed.ErrLocked) {
		err = fmt.Errorf("%w: stop the server first", err)
	}
	if err != nil {
		return &unavailable{err}
	}
	for _, note := range done.Notes {
		fmt.Fprintf(s.err, "note: %s\n", note)
	}
	_, err = fmt.Fprintf(s.out, "%s: %d nodes, %d sessions, up to transaction 0x%x\n", to, done.Nodes, done.Sessions, int64(done.Zxid))
	return err
}
