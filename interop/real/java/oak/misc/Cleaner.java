package oak.misc;

/** Stands in for sun.misc.Cleaner, which Java 9 took away. */
public final class Cleaner
{
  private static final java.lang.ref.Cleaner SHARED = java.lang.ref.Cleaner.create();

  private final java.lang.ref.Cleaner.Cleanable registration;

  private Cleaner(Object watched, Runnable action)
  {
    registration = SHARED.register(watched, action);
  }

  public static Cleaner create(Object watched, Runnable action)
  {
    return new Cleaner(watched, action);
  }

  public void clean()
  {
    registration.clean();
  }
}
