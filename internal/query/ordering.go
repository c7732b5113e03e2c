package query

import "encoding/json"

// ordering is how strings are compared, by its name: StringComparator. Clients
// write the name; Druid's broker passes it on as an object with the name as its type.
type ordering string

// UnmarshalJSON reads both forms; null is no ordering.
func (o *ordering) UnmarshalJSON(b []byte) error {
	var spec struct{ Type string }
	if json.Unmarshal(b, &spec) == nil {
		*o = ordering(spec.Type)
		return nil
	}
	return json.Unmarshal(b, (*string)(o))
}
