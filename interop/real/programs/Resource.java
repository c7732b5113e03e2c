import org.apache.helix.model.ExternalView;
import org.apache.helix.tools.ClusterSetup;

/** Resource ZOOKEEPER CLUSTER INSTANCE NAME: adds a resource to a cluster, which it makes if there is none, and prints where the controller has put it. */
public class Resource {
  public static void main(String[] args) throws Exception {
    String cluster = args[1], instance = args[2], name = args[3];
    ClusterSetup setup = new ClusterSetup(args[0]);
    var admin = setup.getClusterManagementTool();
    if (!admin.getClusters().contains(cluster)) {
      setup.addCluster(cluster, false);
      setup.addInstanceToCluster(cluster, instance);
    }
    setup.addResourceToCluster(cluster, name, 1, "MasterSlave");
    setup.rebalanceStorageCluster(cluster, name, 1);
    for (;;) {
      ExternalView view = admin.getResourceExternalView(cluster, name);
      if (view != null && view.getStateMap(name + "_0") != null && view.getStateMap(name + "_0").containsValue("MASTER")) {
        System.out.println("placed: " + name + " " + view.getStateMap(name + "_0"));
        System.exit(0);
      }
      Thread.sleep(100);
    }
  }
}
