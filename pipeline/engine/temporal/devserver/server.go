package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/temporal"
)

type options struct {
	database, host   string
	port             int
	namespace, level string
}

func (o options) address() string { return net.JoinHostPort(o.host, strconv.Itoa(o.port)) }

// clusterName is the only cluster's.
const clusterName = "active"

// newServer makes the database ready and a server on it.
func newServer(opt options) (temporal.Server, error) {
	if err := prepare(opt); err != nil {
		return nil, err
	}
	cfg, hosts, err := configuration(opt)
	if err != nil {
		return nil, err
	}
	logger := log.NewZapLogger(log.BuildZapLogger(log.Config{Level: opt.level}))
	server, err := temporal.NewServer(temporal.WithConfig(cfg), temporal.ForServices(temporal.DefaultServices), temporal.WithStaticHosts(hosts),
		temporal.WithDynamicConfigClient(settings), temporal.WithLogger(logger), temporal.WithAuthorizer(authorization.NewNoopAuthorizer()))
	if err != nil {
		return nil, fmt.Errorf("make server: %w", err)
	}
	return server, nil
}

// settings are what differs from the server's defaults. One queue is one list, and not four that tasks are put into at random:
// units are handed out in their order, but for the first few, and nobody asks in vain at an empty list.
var settings = dynamicconfig.StaticClient{
	dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
	dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
}

func database(path string) *config.SQL {
	return &config.SQL{
		PluginName: sqliteplugin.PluginName, DatabaseName: path,
		ConnectAttributes: map[string]string{"mode": "rwc", "_journal_mode": "wal", "_synchronous": "1"},
	}
}

// prepare makes the database, which has its name only once its tables are there, and the namespace.
func prepare(opt options) error {
	_, err := os.Stat(opt.database)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		draft := opt.database + ".new"
		if err := errors.Join(removed(draft), removed(draft+"-wal"), removed(draft+"-shm")); err != nil {
			return fmt.Errorf("make database: %w", err)
		}
		if err := sqlite.SetupSchema(database(draft)); err != nil {
			return fmt.Errorf("make database %s: %w", opt.database, err)
		}
		if err := os.Rename(draft, opt.database); err != nil {
			return fmt.Errorf("make database: %w", err)
		}
	case err != nil:
		return fmt.Errorf("open database: %w", err)
	}
	namespace, err := sqlite.NewNamespaceConfig(clusterName, opt.namespace, false, nil)
	if err != nil {
		return fmt.Errorf("describe namespace %s: %w", opt.namespace, err)
	}
	if err := sqlite.CreateNamespaces(database(opt.database), namespace); err != nil {
		return fmt.Errorf("make namespace %s: %w", opt.namespace, err)
	}
	return nil
}

func removed(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// configuration is a server of one process with every service, and where each of them is. They are told of each other, and
// need not find each other, which took seconds, said errors, and was in the way of those that a killed server had left in
// the database.
func configuration(opt options) (*config.Config, map[primitives.ServiceName]static.Hosts, error) {
	cfg := &config.Config{
		Persistence: config.Persistence{
			DefaultStore: sqliteplugin.PluginName, VisibilityStore: sqliteplugin.PluginName, NumHistoryShards: 1,
			DataStores: map[string]config.DataStore{sqliteplugin.PluginName: {SQL: database(opt.database)}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10, MasterClusterName: clusterName, CurrentClusterName: clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: opt.address()}},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Archival:            config.Archival{History: config.HistoryArchival{State: "disabled"}, Visibility: config.VisibilityArchival{State: "disabled"}},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History: config.HistoryArchivalNamespaceDefaults{State: "disabled"}, Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
		}},
		PublicClient: config.PublicClient{HostPort: opt.address()},
		Services:     map[string]config.Service{},
	}
	services := []primitives.ServiceName{primitives.FrontendService, primitives.HistoryService, primitives.MatchingService, primitives.WorkerService}
	ports, err := freePorts(len(services))
	if err != nil {
		return nil, nil, err
	}
	hosts := map[primitives.ServiceName]static.Hosts{}
	for i, name := range services {
		rpc, address := config.RPC{GRPCPort: ports[i], BindOnLocalHost: true}, net.JoinHostPort("127.0.0.1", strconv.Itoa(ports[i]))
		if name == primitives.FrontendService {
			rpc, address = config.RPC{GRPCPort: opt.port, BindOnIP: opt.host}, opt.address()
		}
		cfg.Services[string(name)], hosts[name] = config.Service{RPC: rpc}, static.SingleLocalHost(address)
	}
	return cfg, hosts, nil
}

// freePorts finds ports of this machine that nobody listens on.
func freePorts(n int) (ports []int, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer func() { err = errors.Join(err, l.Close()) }() // all at the end, so that each is another
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
