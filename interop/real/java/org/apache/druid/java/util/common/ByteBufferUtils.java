package org.apache.druid.java.util.common;

import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import sun.misc.Unsafe;

/** Druid's class of this name, for a Java whose direct buffers have another cleaner. */
public class ByteBufferUtils
{
  private static final Unsafe UNSAFE = unsafe();

  private static Unsafe unsafe()
  {
    try {
      Field instance = Unsafe.class.getDeclaredField("theUnsafe");
      instance.setAccessible(true);
      return (Unsafe) instance.get(null);
    }
    catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  public static void free(ByteBuffer buffer)
  {
    if (!buffer.isDirect()) {
      return;
    }
    try {
      UNSAFE.invokeCleaner(buffer);
    }
    catch (IllegalArgumentException viewOfAnotherBuffer) {
      // a slice owns no memory
    }
  }

  public static void unmap(MappedByteBuffer buffer)
  {
    free(buffer);
  }
}
