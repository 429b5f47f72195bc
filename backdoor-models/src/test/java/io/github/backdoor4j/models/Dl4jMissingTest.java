package io.github.backdoor4j.models;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What somebody is told who asks for DL4J models and has not got DL4J. */
class Dl4jMissingTest {

  @Test
  void load_withoutDl4j_saysWhatToAdd() throws ReflectiveOperationException {
    ClassLoader without = new Hiding("org.deeplearning4j.", "org.nd4j.");
    var type = without.loadClass(Caller.class.getName()).getDeclaredConstructor();
    type.setAccessible(true);
    Runnable caller = (Runnable) type.newInstance();

    assertThatThrownBy(caller::run)
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("'org.deeplearning4j.nn.graph.ComputationGraph' is not there")
        .hasMessageContaining("org.deeplearning4j:deeplearning4j-nn")
        .hasMessageContaining("backdoor-bom");
  }

  @Test
  void load_withoutABackend_saysWhatToAdd() {
    ClassLoader without = new Hiding("org.nd4j.linalg.cpu.", "org.nd4j.linalg.jcublas.");

    assertThatThrownBy(() -> Dl4jCalls.requireDl4j(without))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("ND4J backend")
        .hasMessageContaining("org.nd4j:nd4j-native");
  }

  /** Loaded by {@link Hiding}; reflection on the class itself would look for DL4J too early. */
  static final class Caller implements Runnable {
    @Override
    public void run() {
      Dl4jClassifier.load(Path.of("model.zip"));
    }
  }

  /** Sees everything but some packages; loads this module's classes itself. */
  private static final class Hiding extends ClassLoader {

    private static final String OWN = Dl4jClassifier.class.getPackageName() + ".";
    private final String[] hidden;

    Hiding(String... hidden) {
      super(Dl4jMissingTest.class.getClassLoader());
      this.hidden = hidden;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      for (String prefix : hidden) {
        if (name.startsWith(prefix)) {
          throw new ClassNotFoundException(name);
        }
      }
      Class<?> known = findLoadedClass(name);
      return known != null
          ? known
          : name.startsWith(OWN) ? define(name) : super.loadClass(name, resolve);
    }

    private Class<?> define(String name) throws ClassNotFoundException {
      try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }
}
