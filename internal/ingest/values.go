package ingest

// Values is the values of a dimension, none for a null: InputRow.getDimension.
func (r Row) Values(name string) []string { return stringsOf(r.Event[name]) }
