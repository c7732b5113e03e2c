package ingest

// Values is the values of a dimension, none for a null: InputRow.getDimension, to
// which a null in a list is the word null.
func (r Row) Values(name string) []string {
	v := r.Event[name]
	list, ok := v.([]any)
	if !ok {
		return stringsOf(v)
	}
	values := make([]string, len(list))
	for i, x := range list {
		values[i] = javaText(x)
	}
	return values
}
