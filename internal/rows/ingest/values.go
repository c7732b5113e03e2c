package ingest

// Values returns the values of a dimension, none for a null: InputRow.getDimension,
// which turns a null in a list into the word null.
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
