package topology

// columns are those of each datasource that the topology fills.
func (t Topology) columns() map[string][]string {
	all := map[string][]string{}
	add := func(name string, dimensions []string, metrics []Metric) {
		all[name] = append(append(all[name], "__time"), dimensions...)
		for _, m := range metrics {
			all[name] = append(all[name], m.Name)
		}
	}
	for _, d := range t.DataSources {
		add(d.Name, d.Dimensions, d.Metrics)
	}
	for _, s := range t.Streams {
		add(s.DataSource, s.Dimensions, s.Metrics)
	}
	for _, s := range t.Steps {
		delete(all, s.rough().Name) // it may publish segments of other columns
	}
	return all
}
