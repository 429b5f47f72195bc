@echo off
rem Starts Backdoor4J from a checkout, and builds it first where that is needed. The options are those of the script "backdoor4j";
rem in BACKDOOR4J_PLUGINS the separator is ';'.
setlocal
set "ROOT=%~dp0"
set "LIB=%ROOT%distribution\target\lib"
set "STAMP=%ROOT%distribution\target\launcher.stamp"
set "LOG=%ROOT%.launcher-build.log"

set "JAVA=java"
if defined JAVA_HOME set "JAVA=%JAVA_HOME%\bin\java"
"%JAVA%" -version >nul 2>&1
if errorlevel 1 (
  echo backdoor4j: Java was not found. Install a JDK 17 or newer, and put it on the PATH or into JAVA_HOME. 1>&2
  exit /b 1
)

if not exist "%LIB%" goto build
if not exist "%STAMP%" goto build
rem Exit code 1: some source is newer than the last build.
powershell -NoProfile -Command "$r=$env:ROOT; $t=(Get-Item $env:STAMP).LastWriteTime; $f=@(Get-Item ($r+'pom.xml'),($r+'distribution\pom.xml'),($r+'backdoor-*\pom.xml'))+@(Get-ChildItem -Recurse ($r+'backdoor-*\src\main')); if ($f | Where-Object { $_.LastWriteTime -gt $t }) { exit 1 }"
if errorlevel 1 goto build
goto run

:build
echo Building Backdoor4J (first start only, some minutes); %LOG% shows the progress ... 1>&2
if not exist "%ROOT%distribution\target" mkdir "%ROOT%distribution\target"
rem The stamp is made before the build: what is edited during the build is newer.
echo built> "%STAMP%.new"
pushd "%ROOT%"
call mvnw.cmd -B -Dquick -DskipTests %BACKDOOR4J_BUILD_OPTS% -pl distribution -am package > "%LOG%" 2>&1
set "RESULT=%ERRORLEVEL%"
popd
if not "%RESULT%"=="0" (
  findstr /b /c:"[ERROR]" "%LOG%" 1>&2
  echo backdoor4j: the build failed; all of its output is in %LOG% 1>&2
  exit /b 1
)
move /y "%STAMP%.new" "%STAMP%" >nul

:run
set "PLUGINS="
if defined BACKDOOR4J_PLUGINS set "PLUGINS=;%BACKDOOR4J_PLUGINS%"
"%JAVA%" -Xmx2g -Xss8m -XX:+UseSerialGC -Xshare:auto -Djava.awt.headless=true %BACKDOOR4J_OPTS% -cp "%LIB%\*;%ROOT%plugins\*%PLUGINS%" io.github.backdoor4j.eval.Backdoor4j %*
exit /b %ERRORLEVEL%
