package io.github.backdoor4j.core.spi;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * A folder on the class path with evaluators compiled from source, as an outsider's jar would be.
 */
final class PluginFolder {

  private final Path folder;
  private final List<String> services = new ArrayList<>();
  private final Map<String, String> sources = new LinkedHashMap<>();

  PluginFolder(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
  }

  Path path() {
    return folder;
  }

  /** An evaluator with an id, and aliases. */
  PluginFolder evaluator(String className, String id, String... aliases) throws IOException {
    String names = aliases.length == 0 ? "" : "\"" + String.join("\", \"", aliases) + "\"";
    return provider(
        className,
        "public String id() { return \"%s\"; } public java.util.List<String> aliases() { return"
                .formatted(id)
            + " java.util.List.of(%s); }".formatted(names));
  }

  /** An evaluator with a body of its own, listed as a service. */
  PluginFolder provider(String className, String body) throws IOException {
    int dot = className.lastIndexOf('.');
    String simple = className.substring(dot + 1);
    compile(
        className,
        """
        package %s;
        import io.github.backdoor4j.core.spi.*;
        public class %s implements Evaluator {
          %s
          public Evaluation evaluate(EvaluationContext context) { return Evaluation.NONE; }
        }
        """
            .formatted(className.substring(0, dot), simple, body));
    return listed(className);
  }

  /** A class that is not listed as a service. */
  PluginFolder compile(String className, String source) {
    sources.put(className, source);
    return this;
  }

  /** Compiles what was added; loading does so too. */
  PluginFolder compiled() throws IOException {
    if (sources.isEmpty()) {
      return this;
    }
    List<Path> files = new ArrayList<>();
    for (Map.Entry<String, String> source : sources.entrySet()) {
      String simple = source.getKey().substring(source.getKey().lastIndexOf('.') + 1);
      files.add(Files.writeString(folder.resolve(simple + ".java"), source.getValue()));
    }
    sources.clear();
    List<String> options =
        List.of(
            "-d",
            folder.toString(),
            "-proc:none",
            "-encoding",
            "UTF-8",
            "-cp",
            core() + File.pathSeparator + folder);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter complaints = new StringWriter();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      if (!compiler
          .getTask(
              complaints, manager, null, options, null, manager.getJavaFileObjectsFromPaths(files))
          .call()) {
        throw new IllegalArgumentException(complaints.toString());
      }
    }
    return this;
  }

  /** Where core's own classes are; the other jars would only cost time. */
  private static Path core() {
    try {
      return Path.of(Evaluator.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A line of the services file, whatever it says. */
  PluginFolder listed(String line) throws IOException {
    services.add(line);
    Path file = folder.resolve("META-INF/services/" + Evaluator.class.getName());
    Files.createDirectories(file.getParent());
    Files.write(file, services);
    return this;
  }

  Path classFile(String className) {
    return folder.resolve(className.replace('.', '/') + ".class");
  }

  /** A class loader over folders; what core itself brings is not among its services. */
  static URLClassLoader loader(PluginFolder... folders) throws IOException {
    URL[] urls = new URL[folders.length];
    for (int i = 0; i < urls.length; i++) {
      urls[i] = folders[i].compiled().folder.toUri().toURL();
    }
    return new URLClassLoader(urls, PluginFolder.class.getClassLoader());
  }
}
