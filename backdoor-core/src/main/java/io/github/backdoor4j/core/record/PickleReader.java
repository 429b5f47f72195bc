package io.github.backdoor4j.core.record;

import io.github.backdoor4j.core.DataException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads Python's pickles, protocols 2 to 5, as data: nothing of them is executed. Where a pickle
 * names a class or function, a {@link Globals} given by the caller decides what that means; what it
 * does not know is refused.
 *
 * <p>Python's values become
 *
 * <ul>
 *   <li>{@code None}, {@code bool}: {@code null}, {@link Boolean}
 *   <li>{@code int}: {@link Long}, or {@link java.math.BigInteger} beyond 64 bits
 *   <li>{@code float}: {@link Double}
 *   <li>{@code str}: {@link String}
 *   <li>{@code bytes}, {@code bytearray}, and {@code str} of Python 2: {@code byte[]}
 *   <li>{@code list}, {@code tuple}, {@code set}, {@code frozenset}: {@link List}
 *   <li>{@code dict}: {@link java.util.Map} in the order of the file. Keys are texts, numbers,
 *       booleans or {@code null}; byte strings as keys become texts, one character for each byte
 * </ul>
 *
 * <p>Hostile input is expected. Lengths are checked against the file before anything is reserved;
 * the number of objects and how deep they nest is bounded; an object that contains itself is
 * refused. Everything wrong is a {@link DataException}.
 *
 * @see <a href="https://docs.python.org/3/library/pickle.html">Python's pickle</a>
 */
public final class PickleReader {

  /** A class or function of Python, as far as a pickle may use it. */
  public interface Global {

    /**
     * Stands for a call.
     *
     * @param arguments as read; {@link PickleValues} takes them apart
     * @throws DataException if they are not as expected
     */
    @Nullable Object call(List<Object> arguments);

    /**
     * Stands for {@code __setstate__}: changes what {@link #call} has returned.
     *
     * @throws DataException if the state is not as expected; always, unless overridden
     */
    default void build(Object made, @Nullable Object state) {
      throw new DataException("sets a state where none is expected");
    }
  }

  /** The classes and functions that a pickle may name. */
  @FunctionalInterface
  public interface Globals {

    /** What a name stands for; empty where it is not allowed. */
    Optional<Global> find(String module, String name);

    /** These, and where they do not know a name, others. */
    default Globals or(Globals others) {
      return (module, name) -> find(module, name).or(() -> others.find(module, name));
    }
  }

  /** What a pickle refers to, but which is kept outside it. */
  @FunctionalInterface
  public interface PersistentIds {

    /**
     * Finds such an object.
     *
     * @param id as read
     * @throws DataException if there is no such object
     */
    @Nullable Object load(@Nullable Object id);
  }

  private final Globals globals;
  private final PersistentIds persistentIds;

  /** A reader of pickles that are complete in themselves. */
  public PickleReader(Globals globals) {
    this(
        globals,
        id -> {
          throw new DataException("refers to an object outside the pickle, which is not expected");
        });
  }

  /** A reader of pickles that may refer to objects outside. */
  public PickleReader(Globals globals, PersistentIds persistentIds) {
    this.globals = globals;
    this.persistentIds = persistentIds;
  }

  /** NumPy's arrays, which become {@link NumpyArray}, and byte strings as Python 3 writes them. */
  public static Globals numpy() {
    return NumpyGlobals.ALL;
  }

  /**
   * Reads one pickle.
   *
   * @param name of the file, for messages
   * @param pickle all of it
   * @throws DataException if it is broken, hostile, or names what is not allowed
   */
  public @Nullable Object read(String name, byte[] pickle) {
    PickleInput input = new PickleInput(pickle);
    Object value = read(name, input);
    if (!input.isAtEnd()) {
      throw new DataException(
          "%s, a Python pickle: at byte %d it has ended, but more bytes follow: it is damaged",
          name, input.position());
    }
    return value;
  }

  /**
   * Reads pickles that stand one after the other, with anything behind them.
   *
   * @param name of the file, for messages
   * @param start of the file, at least up to the end of the last pickle
   * @param count of pickles to read
   * @throws DataException as {@link #read} does
   */
  public Series readSeries(String name, byte[] start, int count) {
    PickleInput input = new PickleInput(start);
    List<Object> values = new ArrayList<>(); // which may be null
    for (int i = 0; i < count; i++) {
      values.add(read(name, input));
    }
    return new Series(values, input.position());
  }

  /**
   * Several pickles.
   *
   * @param values one for each; may be {@code null}
   * @param end position of the first byte behind the last
   */
  public record Series(List<Object> values, int end) {}

  private @Nullable Object read(String name, PickleInput input) {
    try {
      Object value = new PickleMachine(input, globals, persistentIds).run();
      PickleShape.check(value);
      return value;
    } catch (DataException e) {
      throw new DataException(
          e, "%s, a Python pickle: at byte %d it %s", name, input.position(), e.getMessage());
    }
  }
}
