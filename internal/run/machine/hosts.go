package machine

import "net"

// Hosts are the host:port under which what listens on an address is reached: of one on every interface, that on loopback
// first, and then one for each of the machine's addresses.
func Hosts(listens net.Addr) []string {
	host, port, err := net.SplitHostPort(listens.String())
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsUnspecified() {
		return []string{listens.String()}
	}
	hosts := []string{net.JoinHostPort("127.0.0.1", port)}
	interfaces, _ := net.InterfaceAddrs() // without them, only loopback is left
	for _, address := range interfaces {
		if own, ok := address.(*net.IPNet); ok && !own.IP.IsLoopback() && !own.IP.IsLinkLocalUnicast() {
			hosts = append(hosts, net.JoinHostPort(own.IP.String(), port))
		}
	}
	return hosts
}
