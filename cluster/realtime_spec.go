package cluster

import (
	"encoding/json"
)

// realtimeSpec is the druid.realtime.specFile of a realtime node: a fire
// department for each stream that it reads.
func (s *site) realtimeSpec(node string) ([]byte, error) {
	departments := []map[string]any{}
	for _, stream := range s.topo.Streams {
		if stream.Node != node {
			continue
		}
		input := ""
		if stream.Source == "replay" {
			var err error
			if input, err = s.dir.inputFile(stream.Input); err != nil {
				return nil, err
			}
		}
		departments = append(departments, stream.FireDepartment(input))
	}
	return json.Marshal(departments)
}
