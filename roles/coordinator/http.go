package coordinator

import "net/http"

func (c *coordinator) routes() http.Handler { return http.NewServeMux() }
