package metadata

import (
	"context"
	"errors"
	"fmt"

	"oakmoot/internal/druid"
)

// Config is the payload stored under a name such as coordinator.config; false if there is none.
func (s Configuration) Config(ctx context.Context, name string) ([]byte, bool, error) {
	payload, err := first(ctx, s.reads(), single[[]byte], "SELECT payload FROM druid_config WHERE name = ?", name)
	if errors.Is(err, ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read config %s: %w", name, err)
	}
	return payload, true, nil
}

// SetConfig stores a payload under a name, with an audit row of that type and key.
func (s Configuration) SetConfig(ctx context.Context, name string, payload []byte, by AuditInfo) error {
	return s.write(ctx, "set config "+name, func(c conn) error {
		entry := by.entry(name, name, payload, druid.At(c.clock.Now()))
		if err := c.audit(ctx, entry); err != nil {
			return err
		}
		_, err := c.exec(ctx, `INSERT INTO druid_config (name, payload) VALUES (?, ?)
			ON CONFLICT (name) DO UPDATE SET payload = excluded.payload`, name, payload)
		return err
	})
}
