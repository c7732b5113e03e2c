package metadata

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"oakmoot/internal/druid"
)

// advance moves a datasource's commit metadata from start to end, or returns errStale. Metadata is treated as
// ObjectMetadata: it matches if it is equal as JSON, a first start has no object, and the end replaces what was
// stored.
func (c conn) advance(ctx context.Context, dataSource string, start, end json.RawMessage) error {
	old, err := first(ctx, c, single[[]byte], "SELECT commit_metadata_payload FROM druid_dataSource WHERE dataSource = ?", dataSource)
	sum := sha1Of(end)
	switch {
	case errors.Is(err, ErrNotFound):
		if !validStart(start) {
			return errStale
		}
		_, err = c.exec(ctx, `INSERT INTO druid_dataSource (dataSource, created_date, commit_metadata_payload, commit_metadata_sha1)
			VALUES (?, ?, ?, ?)`, dataSource, druid.At(c.clock.Now()).String(), []byte(end), sum)
		return err
	case err != nil:
		return err
	case !sameJSON(old, start):
		return errStale
	}
	_, err = c.exec(ctx, "UPDATE druid_dataSource SET commit_metadata_payload = ?, commit_metadata_sha1 = ? WHERE dataSource = ?",
		[]byte(end), sum, dataSource)
	return err
}

// CommitMetadata is a datasource's stored commit metadata, or nil.
func (s Segments) CommitMetadata(ctx context.Context, dataSource string) (json.RawMessage, error) {
	payload, err := first(ctx, s.reads(), single[[]byte], "SELECT commit_metadata_payload FROM druid_dataSource WHERE dataSource = ?", dataSource)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read commit metadata of %s: %w", dataSource, err)
	}
	return payload, nil
}

// ResetCommitMetadata replaces a datasource's commit metadata and reports whether
// there was any.
func (s Segments) ResetCommitMetadata(ctx context.Context, dataSource string, metadata json.RawMessage) (bool, error) {
	found := 0
	err := s.write(ctx, "reset commit metadata of "+dataSource, func(c conn) (err error) {
		found, err = c.exec(ctx, "UPDATE druid_dataSource SET commit_metadata_payload = ?, commit_metadata_sha1 = ? WHERE dataSource = ?",
			[]byte(metadata), sha1Of(metadata), dataSource)
		return err
	})
	return found > 0, err
}

// orNil turns a JSON null into no metadata.
func orNil(m json.RawMessage) json.RawMessage {
	if trimmed := bytes.TrimSpace(m); len(trimmed) == 0 || string(trimmed) == "null" {
		return nil
	}
	return m
}

// validStart reports whether ObjectMetadata may come first: it may if it has no object.
func validStart(start json.RawMessage) bool {
	var m struct {
		TheObject json.RawMessage `json:"theObject"`
	}
	return json.Unmarshal(start, &m) == nil && orNil(m.TheObject) == nil
}

// sameJSON reports whether two texts are the same JSON value, regardless of the order of keys.
func sameJSON(a, b []byte) bool {
	var va, vb any
	return json.Unmarshal(a, &va) == nil && json.Unmarshal(b, &vb) == nil && reflect.DeepEqual(va, vb)
}

// sha1Of is the SHA-1 in Guava's upper-case base16.
func sha1Of(parts ...[]byte) string {
	h := sha1.New()
	for _, p := range parts {
		h.Write(p)
	}
	return strings.ToUpper(hex.EncodeToString(h.Sum(nil)))
}
