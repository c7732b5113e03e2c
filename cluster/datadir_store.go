package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/metadata"
)

// openStore opens the metadata store that the topology names.
func (d *dataDir) openStore(ctx context.Context, from Metadata, log hclog.Logger) (store *metadata.Store, err error) {
	if from.Kind == "postgresql" {
		store, err = metadata.OpenPostgreSQL(ctx, from.Connect)
	} else {
		store, err = d.openFile(ctx, log)
	}
	if err == nil {
		store.LogTo(log.Named("metadata"))
	}
	return store, err
}

// openFile opens the store in a file. If it was lost, a new one is begun, with a warning.
func (d *dataDir) openFile(ctx context.Context, log hclog.Logger) (*metadata.Store, error) {
	file := d.file("metadata.db")
	if info, err := os.Stat(file); d.lastAddresses().ZooKeeper != "" && (err != nil || info.Size() == 0) {
		log.Warn("the metadata store is missing or empty, though the data directory has been used: it begins anew", "path", file)
	}
	store, err := metadata.Open(ctx, file)
	if err != nil && !errors.Is(err, metadata.ErrNewer) {
		return nil, fmt.Errorf("%w (put back a copy of it, or move it away to begin with an empty store)", err)
	}
	return store, err
}
