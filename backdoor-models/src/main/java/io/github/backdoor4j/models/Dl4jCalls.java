package io.github.backdoor4j.models;

import io.github.backdoor4j.core.BackdoorException;
import io.github.backdoor4j.core.EngineException;
import io.github.backdoor4j.core.UsageException;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;

/** How this module calls DL4J. */
final class Dl4jCalls {

  private static final String NETWORKS = "org.deeplearning4j.nn.graph.ComputationGraph";
  private static final String BACKEND = "org.nd4j.linalg.cpu.nativecpu.CpuBackend";
  private static final String OTHER_BACKEND = "org.nd4j.linalg.jcublas.JCublasBackend";
  private static final String REMEDY =
      "Add org.deeplearning4j:deeplearning4j-nn and org.nd4j:nd4j-native, the latter also with the"
          + " classifier of your platform such as linux-x86_64; backdoor-bom has the versions.";

  private Dl4jCalls() {}

  /**
   * Fails early where DL4J is not there.
   *
   * @throws UsageException naming the class that is missing, and what to add
   */
  static void requireDl4j(ClassLoader loader) {
    if (!present(NETWORKS, loader)) {
      throw new UsageException(
          "DL4J models need DL4J on the class path, but class '%s' is not there. %s",
          NETWORKS, REMEDY);
    }
    if (!present(BACKEND, loader) && !present(OTHER_BACKEND, loader)) {
      throw new UsageException(
          "DL4J models need an ND4J backend on the class path, but there is none (looked for '%s'"
              + " and '%s'). %s",
          BACKEND, OTHER_BACKEND, REMEDY);
    }
  }

  private static boolean present(String type, ClassLoader loader) {
    try {
      Class.forName(type, false, loader);
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /**
   * Runs code that calls DL4J and returns no tensor of libtorch.
   *
   * <p>ND4J's native objects are made by the same JavaCPP as libtorch's, so an open {@link
   * io.github.backdoor4j.core.tensor.TensorScope} would free what ND4J goes on using. The scope in
   * here takes them and, being extended, frees none of them: the collector does, as ND4J expects.
   */
  static <T> T isolated(Supplier<T> code) {
    try (PointerScope scope = new PointerScope().extend()) {
      return code.get();
    } catch (BackdoorException e) {
      throw e;
    } catch (LinkageError e) {
      throw new EngineException(e, "ND4J did not start (%s). %s", e.toString(), REMEDY);
    } catch (RuntimeException e) {
      throw new EngineException(e, "DL4J failed: %s", e.toString());
    }
  }
}
