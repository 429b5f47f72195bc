package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.PoisoningStrategy;
import io.github.backdoor4j.core.spi.Registries;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs the command line in this process, with stand-ins as providers. */
final class CliFixture {

  /** What a command came to. */
  record Result(int code, String out, String err) {}

  private final Map<Class<?>, List<Class<?>>> providers = new LinkedHashMap<>();

  CliFixture() {
    add(
        PoisoningStrategy.class,
        CliFakes.Patch.class,
        CliFakes.CleanLabel.class,
        CliFakes.TrainedTrigger.class);
    add(
        DefenseStrategy.class,
        CliFakes.Tuning.class,
        CliFakes.Broken.class,
        CliFakes.Verdict.class,
        CliFakes.TrainingScores.class,
        CliFakes.InputScores.class);
    add(DatasetSource.class, CliFakes.Images.class);
    add(Architecture.class, CliFakes.Tiny.class, CliFakes.Other.class);
  }

  CliFixture add(Class<?> type, Class<?>... classes) {
    providers.computeIfAbsent(type, key -> new ArrayList<>()).addAll(List.of(classes));
    return this;
  }

  /** The registries of the stand-ins and of the evaluators of this module. */
  Registries registries() {
    return Registries.load(new Services(providers));
  }

  Result run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        new Cli(
                new PrintWriter(out),
                new PrintWriter(err),
                this::registries,
                false,
                Interruption.none())
            .execute(args);
    return new Result(code, out.toString(), err.toString());
  }

  /** The text of a services file. */
  static String services(List<Class<?>> classes) {
    StringBuilder text = new StringBuilder();
    classes.forEach(type -> text.append(type.getName()).append('\n'));
    return text.toString();
  }

  Map<Class<?>, List<Class<?>>> providers() {
    return providers;
  }

  /** Shows services files that exist in memory only, in place of those on the class path. */
  private static final class Services extends ClassLoader {

    private static final String FOLDER = "META-INF/services/";

    private final Map<Class<?>, List<Class<?>>> providers;

    Services(Map<Class<?>, List<Class<?>>> providers) {
      super(CliFixture.class.getClassLoader());
      this.providers = providers;
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
      for (Map.Entry<Class<?>, List<Class<?>>> entry : providers.entrySet()) {
        if (name.equals(FOLDER + entry.getKey().getName())) {
          return Collections.enumeration(List.of(url(services(entry.getValue()))));
        }
      }
      return super.getResources(name);
    }

    private static URL url(String text) {
      try {
        return new URL("memory", "", -1, "services", new InMemory(text));
      } catch (MalformedURLException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static final class InMemory extends URLStreamHandler {

    private final String text;

    InMemory(String text) {
      this.text = text;
    }

    @Override
    protected URLConnection openConnection(URL url) {
      return new URLConnection(url) {
        @Override
        public void connect() {}

        @Override
        public InputStream getInputStream() {
          return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
        }
      };
    }
  }
}
