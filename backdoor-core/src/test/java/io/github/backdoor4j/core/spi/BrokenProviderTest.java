package io.github.backdoor4j.core.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A provider that cannot be loaded is reported and takes no other along. */
class BrokenProviderTest {

  private static final String GOOD_BODY = "public String id() { return \"acme.broken\"; }";

  @TempDir private Path folder;
  private PluginFolder broken;

  @BeforeEach
  void startWithAGoodProvider() throws IOException {
    broken = new PluginFolder(folder.resolve("broken")).evaluator("acme.First", "acme.first");
  }

  /** Adds a good provider behind the broken one and a good jar behind its jar, and loads all. */
  private void assertReported(String... words) throws IOException {
    broken.evaluator("acme.Last", "acme.last");
    PluginFolder good =
        new PluginFolder(folder.resolve("good")).evaluator("good.Good", "good.good");
    try (URLClassLoader loader = PluginFolder.loader(broken, good)) {
      StrategyRegistry<Evaluator> registry =
          StrategyRegistry.load(Evaluator.class, "evaluator", loader);

      assertThat(registry.all())
          .extracting(Named::id)
          .containsExactly("acme.first", "acme.last", "good.good");
      assertThat(registry.failures()).hasSize(1);
      assertThat(registry.failures().get(0)).contains(words);
    }
  }

  @Test
  void classThatIsMissing() throws IOException {
    broken.listed("acme.Missing");
    assertReported("acme.Missing", "not found");
  }

  @Test
  void constructorThatThrows() throws IOException {
    broken.provider(
        "acme.Broken",
        GOOD_BODY + " public Broken() { throw new IllegalStateException(\"no model\"); }");
    assertReported("acme.Broken", "could not be instantiated", "IllegalStateException: no model");
  }

  @Test
  void constructorWithArguments() throws IOException {
    broken.provider("acme.Broken", GOOD_BODY + " public Broken(int x) {}");
    assertReported("acme.Broken");
  }

  @Test
  void classInitialiserThatThrows() throws IOException {
    broken.provider("acme.Broken", GOOD_BODY + " static int x = Integer.parseInt(\"x\");");
    assertReported("acme.Broken", "NumberFormatException");
  }

  @Test
  void classOfAnotherKind() throws IOException {
    broken.compile("acme.Broken", "package acme; public class Broken {}").listed("acme.Broken");
    assertReported("acme.Broken", "not a subtype");
  }

  @Test
  void classWhoseParentIsMissing() throws IOException {
    broken
        .compile("acme.Parent", "package acme; public class Parent {}")
        .compile(
            "acme.Broken",
            """
            package acme;
            import io.github.backdoor4j.core.spi.*;
            public class Broken extends Parent implements Evaluator {
              public String id() { return "acme.broken"; }
              public Evaluation evaluate(EvaluationContext context) { return Evaluation.NONE; }
            }
            """)
        .listed("acme.Broken");
    Files.delete(broken.compiled().classFile("acme.Parent"));
    assertReported("NoClassDefFoundError", "acme/Parent");
  }

  @Test
  void classFileOfANewerJava() throws IOException {
    broken.provider("acme.Broken", GOOD_BODY);
    Path file = broken.compiled().classFile("acme.Broken");
    byte[] bytes = Files.readAllBytes(file);
    bytes[7] = 99; // the major version
    Files.write(file, bytes);
    assertReported("UnsupportedClassVersionError", "acme/Broken");
  }

  @Test
  void classFileThatIsNone() throws IOException {
    broken.provider("acme.Broken", GOOD_BODY);
    Files.writeString(broken.compiled().classFile("acme.Broken"), "garbage");
    assertReported("a provider could not be loaded", "ClassFormatError");
  }

  @Test
  void idThatThrows() throws IOException {
    broken.provider(
        "acme.Broken", "public String id() { throw new IllegalStateException(\"no name\"); }");
    assertReported("acme.Broken in file:", "cannot name itself", "no name");
  }

  @Test
  void idThatIsNull() throws IOException {
    broken.provider("acme.Broken", "public String id() { return null; }");
    assertReported("acme.Broken in file:", "cannot name itself");
  }

  @Test
  void aliasesThatThrow() throws IOException {
    broken.provider(
        "acme.Broken",
        GOOD_BODY
            + " public java.util.List<String> aliases() { throw new RuntimeException(\"none\"); }");
    assertReported("acme.Broken in file:", "cannot name itself");
  }

  @Test
  void servicesFileThatIsNoList_losesOnlyItsOwnProviders() throws IOException {
    broken.listed("this is prose");
    PluginFolder good =
        new PluginFolder(folder.resolve("good")).evaluator("good.Good", "good.good");
    try (URLClassLoader loader = PluginFolder.loader(broken, good)) {
      StrategyRegistry<Evaluator> registry =
          StrategyRegistry.load(Evaluator.class, "evaluator", loader);

      assertThat(registry.get("good.good")).isNotNull();
      assertThat(registry.failures()).hasSize(1);
      assertThat(registry.failures().get(0)).contains("META-INF/services", "syntax");
    }
  }
}
