package io.github.backdoor4j.core;

import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Lets one thread of this process at a time work at a path, so that of several trainings side by
 * side which need the same thing one makes it and the others find it. Other processes are not kept
 * away.
 *
 * <p>A thread may work at several paths, one within the other, as long as all threads nest them in
 * the same order: an attack within its cell, a kept encoder within the attack, a clean model within
 * either.
 */
public final class PathLocks {

  private static final ConcurrentMap<Path, ReentrantLock> LOCKS = new ConcurrentHashMap<>();

  private PathLocks() {}

  /** Does the work once no other thread of this process works at the path. */
  public static <T> T at(Path path, Supplier<T> work) {
    ReentrantLock lock =
        LOCKS.computeIfAbsent(path.toAbsolutePath().normalize(), key -> new ReentrantLock());
    lock.lock();
    try {
      return work.get();
    } finally {
      lock.unlock();
    }
  }
}
