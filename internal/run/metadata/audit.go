package metadata

import (
	"context"
	"encoding/json"
	"fmt"

	"oakmoot/internal/druid"
)

// AuditInfo says who changed something: the request's headers X-Druid-Author and X-Druid-Comment, and the address it
// came from.
type AuditInfo struct {
	Author, Comment, IP string
}

func (a AuditInfo) entry(typ, key string, payload []byte, at druid.Timestamp) druid.AuditEntry {
	return druid.AuditEntry{Key: key, Type: typ, Author: a.Author, Comment: a.Comment, IP: a.IP,
		Payload: string(payload), AuditTime: at}
}

func (c conn) audit(ctx context.Context, e druid.AuditEntry) error {
	payload, err := druid.Marshal(e)
	if err != nil {
		return fmt.Errorf("audit %s %s: %w", e.Type, e.Key, err)
	}
	_, err = c.exec(ctx, `INSERT INTO druid_audit (audit_key, type, author, comment, created_date, payload)
		VALUES (?, ?, ?, ?, ?, ?)`, e.Key, e.Type, e.Author, e.Comment, e.AuditTime.String(), payload)
	return err
}

// History lists audit entries of a type, and of a key unless it is "": with an interval those of that time, oldest
// first; otherwise the newest count ones, newest first.
func (s Configuration) History(ctx context.Context, typ, key string, interval *druid.Interval, count int) ([]druid.AuditEntry, error) {
	where, args := "WHERE type = ?", []any{typ}
	if key != "" {
		where, args = where+" AND audit_key = ?", append(args, key)
	}
	if interval != nil {
		where += " AND created_date BETWEEN ? AND ? ORDER BY created_date, id"
		args = append(args, interval.Start.String(), interval.End.String())
	} else {
		where += " ORDER BY created_date DESC, id DESC LIMIT ?"
		args = append(args, count)
	}
	entries, err := readable(ctx, s.reads(), "druid_audit", readAudit, "SELECT id, payload FROM druid_audit "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read audit of %s: %w", typ, err)
	}
	return entries, nil
}

func readAudit(s scan) (id string, e druid.AuditEntry, err error) {
	var payload []byte
	if err := s(&id, &payload); err != nil {
		return id, e, err
	}
	return id, e, json.Unmarshal(payload, &e)
}
