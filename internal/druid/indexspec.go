package druid

import (
	"encoding/json"
	"fmt"
)

// defaultIndexSpec is how Druid stores columns by default: new IndexSpec().
const defaultIndexSpec = `{"bitmap":{"type":"concise"},"dimensionCompression":"lz4","metricCompression":"lz4","longEncoding":"longs"}`

// completeIndexSpec fills in what an index spec leaves out.
func completeIndexSpec(raw *json.RawMessage) error {
	var bitmap json.RawMessage
	dimensions, metrics, longs := "lz4", "lz4", "longs"
	members := []member{
		{key: "bitmap", value: (*rawOrNull)(&bitmap)}, {key: "dimensionCompression", value: &dimensions},
		{key: "metricCompression", value: &metrics}, {key: "longEncoding", value: &longs},
	}
	if string(*raw) == "null" {
		*raw = json.RawMessage(defaultIndexSpec)
		return nil
	}
	var ignored fields
	if err := decodeObject(*raw, members, &ignored); err != nil {
		return fmt.Errorf("indexSpec: %w", err)
	}
	var kind struct {
		Type     string
		Compress *bool `json:"compressRunOnSerialization"`
	}
	if err := json.Unmarshal(orNull(bitmap), &kind); err != nil {
		return fmt.Errorf("indexSpec: bitmap: %w", err)
	}
	switch kind.Type {
	case "roaring":
		bitmap = fmt.Appendf(nil, `{"type":"roaring","compressRunOnSerialization":%t}`, kind.Compress == nil || *kind.Compress)
	default: // an unknown type too: BitmapSerde.DefaultBitmapSerdeFactory
		bitmap = json.RawMessage(`{"type":"concise"}`)
	}
	var err error
	*raw, err = encodeObject(members, nil)
	return err
}

func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}
