package metadata

import (
	"bytes"
	"context"
)

// ChangePayloads replaces the payloads of segments and active tasks with what change makes of them, in one
// transaction, and returns how many changed.
func (s *Store) ChangePayloads(ctx context.Context, change func(payload []byte) []byte) (changed int, err error) {
	err = s.write(ctx, "change payloads", func(c conn) error {
		changed = 0
		for _, table := range []struct{ name, where string }{{"druid_segments", ""}, {"druid_tasks", " WHERE active = true"}} {
			n, err := c.changePayloads(ctx, table.name, table.where, change)
			if err != nil {
				return err
			}
			changed += n
		}
		return nil
	})
	return changed, err
}

func (c conn) changePayloads(ctx context.Context, table, where string, change func([]byte) []byte) (changed int, err error) {
	type row struct {
		id      string
		payload []byte
	}
	read := func(s scan) (row, error) {
		var r row
		err := s(&r.id, &r.payload)
		return r, err
	}
	rows, err := collect(ctx, c, read, "SELECT id, payload FROM "+table+where)
	if err != nil {
		return 0, err
	}
	for _, r := range rows {
		payload := change(r.payload)
		if bytes.Equal(payload, r.payload) {
			continue
		}
		if _, err := c.exec(ctx, "UPDATE "+table+" SET payload = ? WHERE id = ?", payload, r.id); err != nil {
			return changed, err
		}
		changed++
	}
	return changed, nil
}
