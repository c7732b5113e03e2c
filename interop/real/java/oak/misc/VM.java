package oak.misc;

/** Stands in for sun.misc.VM, which Java 9 took away. */
public final class VM
{
  private VM() {}

  public static long maxDirectMemory()
  {
    return jdk.internal.misc.VM.maxDirectMemory();
  }
}
