package segment

import (
	"encoding/json"
	"fmt"

	"github.com/RoaringBitmap/roaring/v2"
)

// bitmapFormat is how sets of rows are written: BitmapSerdeFactory.
type bitmapFormat interface {
	encode(*roaring.Bitmap) ([]byte, error)
	decode(data []byte, rows int) (*roaring.Bitmap, error) // refuses rows beyond the last
	serde() string                                         // the factory as JSON
}

func parseBitmapFormat(serde []byte) (bitmapFormat, error) {
	var factory struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(serde, &factory); err != nil {
		return nil, fmt.Errorf("bitmap serde %q: %w", serde, err)
	}
	switch factory.Type {
	case "concise":
		return concise{}, nil
	case "roaring":
		return roaringRuns{}, nil
	}
	return nil, fmt.Errorf("bitmap serde %q is not known", serde)
}

// roaringRuns is Roaring's portable format, with run containers.
type roaringRuns struct{}

func (roaringRuns) serde() string {
	return `{"type":"roaring","compressRunOnSerialization":true}`
}

func (roaringRuns) encode(b *roaring.Bitmap) ([]byte, error) {
	b = b.Clone()
	b.RunOptimize()
	return b.ToBytes()
}

func (roaringRuns) decode(data []byte, rows int) (*roaring.Bitmap, error) {
	b := roaring.New()
	if len(data) == 0 {
		return b, nil
	}
	if err := b.UnmarshalBinary(data); err != nil {
		return nil, fmt.Errorf("roaring: %w", err)
	}
	if err := b.Validate(); err != nil {
		return nil, fmt.Errorf("roaring: %w", err)
	}
	if !b.IsEmpty() && int64(b.Maximum()) >= int64(rows) {
		return nil, fmt.Errorf("roaring: row %d is set, there are %d", b.Maximum(), rows)
	}
	return b, nil
}
