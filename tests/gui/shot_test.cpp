#include <QApplication>
#include <QComboBox>
#include <QTableView>
#include <QToolButton>
#include "tests/gui/run_fixture.h"
#include "ui/train/probes_page.h"
#include "ui/train/runs_page.h"
#include "ui/train/watch_page.h"
#include "ui/widgets/curve_stack.h"
#include "ui/train/train_workspace.h"
using namespace dinoscope;
template <typename P> void settle(P& p){ (void)RunFixture::settle(p); for(int i=0;i<20;++i) QCoreApplication::processEvents(); p.grab(); QTest::qWait(200);}
int main(int c, char** v){
  QApplication app(c,v);
  QString theme=v[1]; QSize size(QString(v[2]).section('x',0,0).toInt(),QString(v[2]).section('x',1).toInt());
  QString run=v[3], out=v[4];
  applyTheme(app, theme=="dark"?ThemeChoice::Dark:ThemeChoice::Light);
  RunFixture f;
  f.settings.setValue("runs/folders", QStringList{"/work/tmp/runs"});
  { WatchPage p(f.runners(), f.dialogs, f.settings); p.resize(size); p.show(); p.setRun(filePath(run)); settle(p); p.grab().save(out+"-watch.png"); }
  { ProbesPage p(f.runners(), f.dialogs, f.settings); p.resize(size); p.show(); p.setRun(filePath(run)); settle(p); p.grab().save(out+"-probes.png");
    p.findChild<QToolButton*>("showBoth")->click(); settle(p); p.grab().save(out+"-both.png"); }
  { RunsPage p(f.runners(), f.dialogs, f.settings); p.resize(size); p.show(); settle(p);
    p.findChild<QTableView*>("runsTable")->selectAll(); settle(p); p.grab().save(out+"-runs.png"); }
  { ProbesPage p(f.runners(), f.dialogs, f.settings); p.resize(size); p.show(); p.setRun({}); settle(p); p.grab().save(out+"-empty.png"); }
}
